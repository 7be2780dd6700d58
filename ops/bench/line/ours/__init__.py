"""Our side of the bench: ordinary Faust agents on MeshApp, and the sink runner."""
