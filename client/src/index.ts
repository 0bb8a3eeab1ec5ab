export { createAuth, type Auth, type AuthOptions } from './auth.js';
