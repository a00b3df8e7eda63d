"""`choose`: the best mix within limits, how sure that is, and why.

Candidates (`candidates`), what they must keep (`limits`), their simulations (`trials`), who leaves when (`race`), what
is left to weigh (`front`), what a limit costs (`relaxing`), what each measure brings (`steps`), and the result
(`choice`) of it all (`choose`).
"""
