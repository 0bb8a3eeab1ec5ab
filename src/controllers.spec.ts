import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { describe, expect, it } from 'vitest';

describe('every handler', () => {
  const source = import.meta.dirname;

  /** One parameter of a handler, as Nest's decorators record it. */
  interface RouteArgument {
    index: number;
    /** The name of the one member that the parameter takes; absent if it takes all of them. */
    data?: string;
    pipes: object[];
  }

  async function findControllers(): Promise<Type[]> {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.controller.ts'),
    );
    const modules = await Promise.all(files.map((file) => import(join(source, file)) as Promise<object>));
    return modules.flatMap((exported) => Object.values(exported) as Type[]);
  }

  /** The parameters of a handler that take a body or a query, with their pipes and classes. */
  function inputsOf(controller: Type, handler: string): { name: string; pipes: string[]; type: string }[] {
    const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, handler) as Type[];
    const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) as
      Record<string, RouteArgument> | undefined;
    return Object.entries(args ?? {})
      .filter(([key]) => [RouteParamtypes.BODY, RouteParamtypes.QUERY].includes(Number(key.split(':', 1)[0])))
      .map(([, { index, data, pipes }]) => ({
        name: `${controller.name}.${handler}(${data ?? ''})`,
        // A pipe is a class or an instance of one.
        pipes: pipes.map((pipe) => (typeof pipe === 'function' ? pipe : pipe.constructor).name),
        type: types[index]!.name,
      }));
  }

  /** Handlers that ask no database themselves, and the login, whose load is bounded by `LoginLoad`. */
  const withoutDatabase = [
    'AuthController.login',
    'AvatarFilesController.read',
    'DevicePageController.show',
    'DiscoveryController.keySet',
    'DiscoveryController.metadata',
    'HealthController.live',
    'HealthController.ready',
    'PushController.checkUrl',
    'VerifyController.verify',
    'VerifyController.verifyForEnvoy',
  ];

  it('says if it needs the database, with @NeedsDatabase()', async () => {
    const guardsOf = (target: object) => (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as Type[];
    const missing = (await findControllers()).flatMap((controller) => {
      const prototype = controller.prototype as Record<string, object>;
      return Object.getOwnPropertyNames(prototype)
        .filter((name) => Reflect.hasMetadata(METHOD_METADATA, prototype[name]!))
        .filter((name) => {
          const guards = [...guardsOf(controller), ...guardsOf(prototype[name]!)];
          return !guards.some((guard) => guard.name === 'DatabaseLoadGuard');
        })
        .map((name) => `${controller.name}.${name}`);
    });
    expect(missing.toSorted()).toEqual(withoutDatabase.toSorted());
  });

  it('checks the body and the query that it takes, with @ValidBody(), @ValidQuery() or a pipe', async () => {
    const controllers = await findControllers();
    const inputs = controllers.flatMap((controller) =>
      Object.getOwnPropertyNames(controller.prototype).flatMap((handler) => inputsOf(controller, handler)),
    );
    expect(inputs.length).toBeGreaterThan(10);
    const isChecked = ({ name, pipes, type }: (typeof inputs)[number]) =>
      name.endsWith('()')
        ? ['BodyPipe', 'FormPipe', 'QueryPipe'].includes(pipes[0]!) && type.endsWith('Request')
        : pipes.length > 0;
    expect(inputs.filter((input) => !isChecked(input))).toEqual([]);
  });
});
