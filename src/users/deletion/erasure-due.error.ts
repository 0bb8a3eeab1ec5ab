/** A user's time has come, but nobody has erased them yet: that comes first, and whoever comes in is new. */
export class ErasureDueError extends Error {
  constructor(readonly userId: string) {
    super();
  }
}
