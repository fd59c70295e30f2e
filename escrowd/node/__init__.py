"""The daemon, in the order that data flows: intake -> facts -> tick -> orders -> outbox -> channel."""
