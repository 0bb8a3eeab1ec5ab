import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { type HttpRequest, rawRequest } from './http-request.js';
import { requestIdOf } from './request-id.js';
import { isWeappAuthRoute } from './service-controller.decorator.js';

/** Sends `X-Request-Id` with what the routes of this service answer in an application of its own. */
@Injectable()
export class RequestIdInterceptor implements NestInterceptor {
  constructor(private readonly host: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (isWeappAuthRoute(context)) {
      const http = context.switchToHttp();
      const id = requestIdOf(rawRequest(http.getRequest<HttpRequest>()));
      this.host.httpAdapter.setHeader(http.getResponse(), 'X-Request-Id', id);
    }
    return next.handle();
  }
}
