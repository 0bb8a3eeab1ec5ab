import 'reflect-metadata';
import { Exclude, plainToInstance, Transform, Type } from 'class-transformer';
import {
  Allow,
  IsBoolean,
  IsDefined,
  IsNotEmpty,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { checkSimply } from './simple-checks.js';

class Base {
  @IsString()
  inherited: string = 'preset';
}

class Simple extends Base {
  @IsString()
  @Length(1, 3)
  text: string;

  @IsOptional()
  @IsBoolean()
  flag?: boolean | null;

  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @IsNotEmpty()
  other?: string;
}

describe('a class with validators alone', () => {
  it.each([
    { text: 'a' },
    { text: 'abc', flag: true, other: 'b', inherited: 'c' },
    { text: 'abc', flag: null },
  ])('takes %j, as the libraries do', (members) => {
    const checked = checkSimply(Simple, members);
    const expected = plainToInstance(Simple, members);
    expect(validateSync(expected)).toEqual([]);
    expect(checked).toBeInstanceOf(Simple);
    expect(checked).toEqual(expected);
    expect(Object.keys(checked!).toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each([
    {},
    { text: '' },
    { text: 'abcd' },
    { text: 1 },
    { text: null },
    { text: 'a', flag: 'true' },
    { text: 'a', other: '' },
    { text: 'a', other: null },
    { text: 'a', inherited: 1 },
  ])('leaves %j to the libraries, which refuse it', (members) => {
    expect(validateSync(plainToInstance(Simple, members))).not.toEqual([]);
    expect(checkSimply(Simple, members)).toBeUndefined();
  });
});

class Inner {
  @IsString()
  text: string;
}

describe('what only the libraries can do is left to them:', () => {
  it.each([
    ['a nested object', NestedObject(), { member: { text: 'a' } }],
    ['a text in the place of a nested object', NestedObject(), { member: 'a' }],
    ['the items of an array', decorated(IsString({ each: true })), { member: ['a'] }],
    ['one text in the place of items', decorated(IsString({ each: true })), { member: 'a' }],
    [
      'a transformer',
      decorated(
        IsString(),
        Transform(({ value }) => String(value).trim()),
      ),
      { member: ' a' },
    ],
    [
      'a type',
      decorated(
        IsString(),
        Type(() => String),
      ),
      { member: 'a' },
    ],
    ['an excluded member', decorated(IsString(), Exclude()), { member: 'a' }],
    ['a member that needs to be defined', decorated(IsDefined()), { member: 'a' }],
    ['a member that may be anything', decorated(Allow()), { member: 'a' }],
    ['a condition of one validator', decorated(MaxLength(1, { validateIf: () => false })), { member: 'aa' }],
    [
      'a validator that takes its time',
      decorated(ValidateBy({ name: 'later', validator: { validate: async () => false } })),
      { member: 'a' },
    ],
    ['a class without validators', class {}, {}],
  ] as const)('%s', (_, type: new () => object, members) => {
    expect(checkSimply(type, members)).toBeUndefined();
  });
});

describe('what is not given', () => {
  it('needs no transformer, and no check if it is optional', () => {
    expect(
      checkSimply(
        decorated(
          IsOptional(),
          IsString(),
          Transform(() => 'changed'),
        ),
        {},
      ),
    ).toEqual({ member: undefined });
  });
});

function NestedObject(): new () => object {
  return decorated(
    ValidateNested(),
    Type(() => Inner),
  );
}

function decorated(...decorators: PropertyDecorator[]): new () => object {
  class Decorated {
    member: unknown;
  }
  for (const decorate of decorators) decorate(Decorated.prototype, 'member');
  return Decorated;
}
