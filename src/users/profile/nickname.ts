/** Characters of a nickname, as users count them. */
export const maxNicknameLength = 32;
