"""The audit of the checks: are they strict, and are they fair?"""
