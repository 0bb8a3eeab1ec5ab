export type { App, AppInput, AppPush } from './apps.js';
export { defaultApps } from './apps.js';
export { createEmulator, type Emulator, type EmulatorOptions } from './emulator.js';
export type { Fault } from './faults.js';
export type { Settings } from './settings.js';
export type { User, UserInput } from './users.js';
export type { Wechat } from './wechat.js';
