import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** For a parameter of a query: a whole number, both ends included; it may be left out. */
export function IsInteger(minimum: number, maximum: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (/^\d+$/.test(String(value)) ? Number(value) : (value as unknown))),
    ValidateBy(
      {
        name: 'isWholeNumber',
        validator: {
          validate: (value) =>
            Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
        },
      },
      { message: `$property must be a whole number from ${minimum} to ${maximum}` },
    ),
    ApiPropertyOptional({ type: 'integer', minimum, maximum }),
  );
}
