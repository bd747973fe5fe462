"""The scenes of the lab, one in each module; each is a run over real sockets that looks whether it came true."""
