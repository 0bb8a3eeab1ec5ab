const secondsPerMinute = 60;

/** Prints a line behind the minutes and seconds that the command has taken so far. */
export function logProgress(text: string): void {
  const seconds = Math.floor(performance.now() / 1_000);
  const [minutes, rest] = [Math.floor(seconds / secondsPerMinute), seconds % secondsPerMinute];
  console.log(`${String(minutes).padStart(2)}:${String(rest).padStart(2, '0')}  ${text}`);
}
