"""Do the two sides agree? State topics of both in, drifts out.

`rules` says what is compared, `compare` compares one record, `watermark` says how far both sides were read,
`window` tells drift from what is in flight, `drift` opens and closes alerts, `state` remembers; `worker` runs it.
"""
