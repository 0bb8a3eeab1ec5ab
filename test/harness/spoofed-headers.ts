/** What a visitor makes up, and a proxy must not hand on. */
export const spoofedHeaders = {
  'X-User-Id': 'spoofed',
  'x-session-id': 'spoofed',
  'X-App-Id': 'spoofed',
  'X-User-Roles': 'spoofed',
  X_User_Id: 'spoofed',
  'X.User.Id': 'spoofed',
};
