"""Training panoramas rendered in Cycles, whose HDR is exact: drawn from seeds, written as OpenEXR."""
