import { createHash } from 'node:crypto';
import { randomBytes } from '../crypto/random.js';

/** Consonants without Y: no code is a word, and no two letters look alike. RFC 8628, section 6.1. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const userCodeLength = 8;

/** The codes of a scan. */
export interface ScanCodes {
  /** What the web client asks for tokens with; 256 random bits. */
  deviceCode: string;
  /** What the mini-program code contains: 128 random bits, 22 characters. */
  scene: string;
  /** What the user compares or types: `BCDF-GHJK`. */
  userCode: string;
}

/** What a phone names a scan by. */
export type ScanReference = { scene: string } | { userCode: string };

export function createScanCodes(): ScanCodes {
  const scene = randomBytes(16).toString('base64url');
  return { deviceCode: randomBytes(32).toString('base64url'), scene, userCode: userCodeOf(scene) };
}

/**
 * The user code that belongs to a scene. It follows from the scene, so that no code has to be stored, and the scene does not
 * follow from it.
 */
export function userCodeOf(scene: string): string {
  const digest = createHash('sha256').update('user code').update(scene).digest();
  const letters = [...digest.subarray(0, userCodeLength)];
  return withDash(letters.map((byte, at) => letterOf(byte * 256 + digest[userCodeLength + at]!)).join(''));
}

/** A user code as it is shown, from what a user typed: in any case, with or without a dash or spaces. */
export function normalizeUserCode(typed: string): string {
  return withDash(typed.toUpperCase().replaceAll(/[^A-Z]/g, ''));
}

/** Whether a normalized text can be a user code. */
export function isUserCode(text: string): boolean {
  return (
    text.length === userCodeLength + 1 &&
    [...text.replace('-', '')].every((letter) => alphabet.includes(letter))
  );
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function letterOf(value: number): string {
  return alphabet[value % alphabet.length]!;
}

function withDash(letters: string): string {
  const half = userCodeLength / 2;
  return `${letters.slice(0, half)}-${letters.slice(half)}`;
}
