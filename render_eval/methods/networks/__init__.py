"""Other authors' networks, written anew in torch after their papers and public programs; nothing is copied.

A network is a ``ModuleDict`` whose keys are the published names of its layers, so that a reader of the original program
finds each layer again, and the published arrays are assigned by :mod:`render_eval.methods.networks.published_names`.
"""
