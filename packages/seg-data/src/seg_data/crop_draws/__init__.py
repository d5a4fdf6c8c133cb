"""The order in which crops are offered, and which of them are kept: one way of drawing per file.

Each crop draws for itself until it is kept; each crop is drawn from the kept ones at once; or crops are the kept ones of a fixed
sequence of candidates that runs through cycles. Either way crop n is a function of the seed and n alone.
"""
