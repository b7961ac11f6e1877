"""The support desk's acts on a member's account: who calls, what is done, and who has to approve it (flows.md 2.12)."""
