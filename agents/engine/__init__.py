"""The engine: folds that read a partition of Kafka exactly once in effect. The only place that knows Faust's insides.

From the bottom up: `exits` the ways to stop; `position` the place in the source; `ledger` what a changelog holds;
`pieces` who may hold the loop; `producer` and `reader` the two sides of a changelog; `lane` one owned partition; `hop`
all of them; `transport` Faust's half.
"""
