import { describe, expect, it } from 'vitest';
import type { Settings } from '../config/settings.js';
import { RefreshGrace } from './refresh-grace.js';

describe('the grace of a refresh', () => {
  const start = (refreshGrace = 30) => new RefreshGrace({ refreshGrace } as Settings);
  const seconds = (count: number) => count * 1_000;

  it('is the setting if there was no outage', () => {
    expect(start().inSeconds()).toBe(30);
  });

  it('begins anew at the end of an outage, for whoever had it when the outage began', () => {
    const grace = start();
    grace.addOutage(seconds(100), seconds(140));
    expect(grace.inSeconds(seconds(140))).toBe(70);
    expect(grace.inSeconds(seconds(169))).toBe(99);
  });

  it('is the setting again when it has passed since the outage', () => {
    const grace = start();
    grace.addOutage(seconds(100), seconds(140));
    expect(grace.inSeconds(seconds(170))).toBe(30);
  });

  it('takes outages for one if a phone could not get through between them', () => {
    const grace = start();
    grace.addOutage(seconds(100), seconds(128));
    grace.addOutage(seconds(145), seconds(152));
    // Of a poll that began before: it changes nothing.
    grace.addOutage(seconds(150), seconds(153));
    expect(grace.inSeconds(seconds(153))).toBe(30 + 53);
  });

  it('takes no account of an earlier outage if a phone could get through after it', () => {
    const grace = start();
    grace.addOutage(seconds(100), seconds(140));
    grace.addOutage(seconds(170), seconds(172));
    expect(grace.inSeconds(seconds(172))).toBe(32);
  });

  it('does not grow for ever if the database fails now and then', () => {
    const grace = start();
    for (let hour = 0; hour < 5; hour += 0.005) {
      grace.addOutage(seconds(hour * 3_600), seconds(hour * 3_600 + 1));
    }
    expect(grace.inSeconds(seconds(5 * 3_600))).toBeLessThan(30 + 3_600 + 30);
  });

  it('stays off if it is off', () => {
    const grace = start(0);
    grace.addOutage(seconds(100), seconds(140));
    expect(grace.inSeconds(seconds(140))).toBe(0);
  });
});
