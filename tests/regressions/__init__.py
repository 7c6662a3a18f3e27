"""Faults that use brought to light, one module each: what went wrong, and the right value.

 1  a recording with many bins a repeat: numbers of bins wrapped around
 2  folders whose names a shell does not take for one word
 3  files of other programs and of living runs swept away
 4  rare states: biases that started at 0
 5  a Hopfield model made of sites that are not spins
 6  independent sites with collective variables
 7  patterns that are alike, joined to one
 8  axes of a recording in another order, unsaid
 9  importance sampling that did not know its error
10  headline numbers of another run
11  one point under two names; numbers that YAML reads otherwise than a person
12  values that are no site's, taken for spins
13  trainings that exploded without a word
14  the workflow as a module of another one
15  decoders that collapsed; failures that the end of a run did not list
16  recordings of a few neurons or words
17  memory of large recordings
18  names and numbers at the edge of what YAML and paths can hold
19  few data, constant data, data of another precision
20  nothing to work on
21  runs from another folder
22  a silent repeat
23  two runs of which one is a part
24  options without help; aliases that are not known
25  a home that cannot be written; many points
26  recordings of another kind
27  a cluster that is not there
28  numbers of trainings judged on another processor
"""
