"""JSON for machines: one module per room, shapes at the door, no tables across it."""
