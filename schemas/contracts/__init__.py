"""Data contracts: one YAML file per record that travels. Owner, SLA, keys, personal data, and the terms of each field.

A file has these plain keys at its top: `id`, `version`, `record` (the folder under `schemas/avro`), `kind`, `meaning`,
`owner`, `backup`, `contact`, `sla` (`freshness`, `processing`, `sync`), `key`, `partition_key`, `compatibility`,
`topics`, `pii` (field -> kind of personal data), `fields` (name -> `type`, `required`, `system_of_record`, `direction`,
`meaning`, `unit`, `currency`, `rules`, `example`). `parts/*.yaml` describe the records that occur inside others and
have only `id`, `record`, `meaning`, `pii` and `fields`. `schemas.contracts.model` is the definition.
"""

from schemas.contracts.load import Catalogue, Finding, contract_texts, contracts, covers, read_catalogue
from schemas.contracts.model import DataContract, FieldTerms, Part, Sla

__all__ = [
    "Catalogue",
    "DataContract",
    "FieldTerms",
    "Finding",
    "Part",
    "Sla",
    "contract_texts",
    "contracts",
    "covers",
    "read_catalogue",
]
