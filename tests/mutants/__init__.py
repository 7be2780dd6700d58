"""Mutation testing of the decisions and the rules: `make mutants`, or `python -m tests.mutants --help`.

mutmut (3.8.1, `mutmut.lock`) changes `streams/decide` and `streams/rules` in one place at a time, and asks the tables
of their unit tests whether they notice. It works in a copy of the checkout, `.meshline/mutants`, and goes on where it
was stopped. What survives must have a reason in `survivors.yaml`; the result is `ops/bench/results/mutants.json`, told
by `ops/docs/mutants.md`.

    __main__.py   the command            tool.py     mutmut: installed, run, read
    report.py     result and page        told.py     runs beside mutmut: verdicts and differences as JSON
"""
