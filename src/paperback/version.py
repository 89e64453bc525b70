"""The version of Paperback, which ledgers and stamps name."""

VERSION = "0.1.0"
