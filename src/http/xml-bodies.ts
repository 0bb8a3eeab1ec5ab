import { applyDecorators, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiConsumes } from '@nestjs/swagger';
import { type LargeBodyRoute, maxLargeBodyBytes } from './body-limit.js';
import { FastifyRoute } from './fastify-route.decorator.js';
import { PayloadTooLargeError, UnsupportedMediaTypeError } from './http.errors.js';
import { type HttpRequest, rawRequest } from './http-request.js';
import { receiveBody } from './receive-body.js';

const xml = /^(?:text|application)\/xml\b/;

/** What a route that takes XML says of itself. */
interface XmlRoute extends LargeBodyRoute {
  takesXml?: true;
}

/** The part of a Fastify server that is used. */
interface XmlParserHost {
  addContentTypeParser(
    type: RegExp,
    parser: (
      request: { routeOptions: { config: XmlRoute } },
      body: unknown,
      done: (error: Error | null) => void,
    ) => void,
  ): void;
}

/** Lets a route take 100 KB of JSON or XML. All other routes go on to refuse XML. */
export function TakesXml(): MethodDecorator {
  return applyDecorators(
    FastifyRoute({ takesXml: true, takesLargeBody: true } satisfies XmlRoute),
    ApiConsumes('application/json', 'text/xml'),
  );
}

/** Bodies in JSON or XML, whatever parsers an application has. */
@Injectable()
export class XmlBodies implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /**
   * Express leaves XML alone. Fastify refuses what it has no parser for; a pattern gives way to a parser of the application
   * for the very type.
   */
  onModuleInit(): void {
    const { httpAdapter } = this.host;
    if (httpAdapter?.getType() !== 'fastify') return;
    httpAdapter.getInstance<XmlParserHost>().addContentTypeParser(xml, (request, _body, done) => {
      const { takesXml } = request.routeOptions.config;
      done(takesXml ? null : new UnsupportedMediaTypeError('This route takes no XML: send JSON.'));
    });
  }

  /**
   * The body on a route with `@TakesXml()`: as a parser has left it, or else as text.
   *
   * @throws {PayloadTooLargeError} as soon as that is known
   * @throws {InvalidRequestError} if the body broke off
   */
  async read(request: HttpRequest): Promise<unknown> {
    const { body } = request;
    if (Buffer.isBuffer(body)) return body.toString('utf8');
    if (rawRequest(request).readableDidRead) return body;
    const bytes = await receiveBody(request, { maxBytes: maxLargeBodyBytes, tooLarge });
    return bytes.toString('utf8');
  }
}

function tooLarge(): PayloadTooLargeError {
  return new PayloadTooLargeError('The body is larger than 100 KB.');
}
