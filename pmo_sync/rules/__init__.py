"""The standards: the language, its compilation to clauses, the one evaluator, waivers, scores and cases. Pure."""
