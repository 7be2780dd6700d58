"""`meshline bench line`: the delivery layer beside its peers.

Each system is a program of its own in a process and an environment of its own. All read the same pre-filled topics on
one broker, in turns. The rate is that of the outputs as the broker sees them, after a warm-up; then an observer reads
every output under read_committed and counts what is missing or doubled.

    workloads   what is asked            topics   topics, and how they are filled     report   rows, goals, results
    lineup      who is asked             run      one system on one workload, once    plots    the growth curves
    paced       an even rate, timed      latency  W4     growth, soak   ours alone, one thing growing; memory
    peers/      the others' programs     ours/    ours
"""
