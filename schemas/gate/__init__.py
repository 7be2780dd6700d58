"""The schema gate: does a new version of an Avro schema break, or silently change, what somebody reads?

Three layers. `resolution` asks what Avro's own rules say, per compatibility mode; `changes` and `governance` ask what
those rules do not see (a decimal's scale, a time unit, an alias, a contract); `proof` writes records with the one
version and reads them with the other. Works on any folder of `.avsc` files; needs no registry and no topic.
"""
