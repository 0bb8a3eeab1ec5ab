import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { type ErrorCode } from '../errors/error-codes.js';
import { problems } from '../errors/problem-catalogue.js';
import { Problem } from './problem.response.js';

/** What `@Problems()` has named at a handler so far. */
const problemsMetadata = 'weapp-auth:problems';

/**
 * Names in the OpenAPI document the codes that a route, or every route of a controller, can answer. It can stand
 * several times at one route.
 */
export function Problems(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (name !== undefined && descriptor !== undefined) addProblems(codes, target, name, descriptor);
    else addProblemsToAll(codes, (target as { prototype: object }).prototype);
  };
}

/**
 * A route's answer of a status takes the place of its controller's in the document, so that the codes of a controller
 * are added to those of each route.
 */
function addProblemsToAll(codes: ErrorCode[], prototype: object): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const isHandler = typeof descriptor.value === 'function' && name !== 'constructor';
    if (isHandler) addProblems(codes, prototype, name, descriptor);
  }
}

function addProblems(
  codes: ErrorCode[],
  prototype: object,
  name: string | symbol,
  descriptor: PropertyDescriptor,
): void {
  const handler = descriptor.value as object;
  const named = (Reflect.getMetadata(problemsMetadata, handler) ?? []) as ErrorCode[];
  const news = [...new Set(codes)].filter((code) => !named.includes(code));
  Reflect.defineMetadata(problemsMetadata, [...named, ...news], handler);
  const statuses = [...new Set(news.map((code) => problems[code].status))];
  const document = statuses.map((status) => {
    const ofStatus = news.filter((code) => problems[code].status === status);
    return ApiResponse({
      status,
      description: ofStatus.map((code) => `\`${code}\``).join(', '),
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } },
    });
  });
  applyDecorators(ApiExtraModels(Problem), ...document)(prototype, name, descriptor);
}
