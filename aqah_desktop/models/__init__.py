"""Application state with typed signals and no widgets: project, layers, style, jobs, commands."""
