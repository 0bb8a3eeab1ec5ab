/** Roles that one user can have: every access token carries them. */
export const maxRoles = 16;

/** Whether a text can be the name of a role. */
export function isRoleName(text: string): boolean {
  return /^[a-z][a-z0-9_-]{0,31}$/.test(text);
}
