import { expect, it } from 'vitest';
import { readStorageLocation } from './storage-location.js';

it.each([
  ['file:.data/avatars', '.data/avatars'],
  ['file:/var/lib/avatars', '/var/lib/avatars'],
  ['file:///var/lib/avatars', '///var/lib/avatars'],
  ['file:头像 here', '头像 here'],
])('%s is a directory', (text, path) => {
  expect(readStorageLocation(text)).toEqual({ kind: 'directory', path });
});

it.each([
  ['s3://pictures', 'pictures', ''],
  ['s3://pictures/', 'pictures', ''],
  ['s3://pictures-1250000000/weapp/avatars', 'pictures-1250000000', 'weapp/avatars/'],
  ['s3://pictures/avatars.v2/', 'pictures', 'avatars.v2/'],
])('%s is a bucket', (text, bucket, prefix) => {
  expect(readStorageLocation(text)).toEqual({ kind: 'bucket', bucket, prefix });
});

it.each([
  '',
  'file:',
  'file://host/avatars',
  '.data/avatars',
  's3:pictures',
  's3://',
  's3://Pictures',
  's3://pictures/a//b',
  's3://pictures/../other',
  's3://pictures/a b',
  'https://pictures.s3.amazonaws.com',
])('%j is neither', (text) => {
  expect(readStorageLocation(text)).toBeUndefined();
});
