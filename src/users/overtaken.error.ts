/** Somebody else was faster with the same person: roll back and look again. */
export class OvertakenError extends Error {}
