/** Characters of a nickname, as people count them. */
export const maxNicknameLength = 32;
