"""What can keep the books from being read."""

from __future__ import annotations


class BooksUnreadable(Exception):
    """The books cannot be read: a topic is missing, or Kafka, the registry or the operations database is silent."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "")
