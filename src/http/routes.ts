interface Route {
  methods: string[];
  path: RegExp;
}

/** The routes of the service, to tell a path that does not exist from one that takes other methods. */
export class Routes {
  readonly #routes: Route[] = [];

  /** Fastify's `onRoute` hook. */
  add({ method, url }: { method: string | string[]; url: string }): void {
    const segments = url.split('/').map((segment) => {
      if (segment === '*') return '.*';
      return segment.startsWith(':') ? '[^/]+' : escape(segment);
    });
    this.#routes.push({ methods: [method].flat(), path: new RegExp(`^${segments.join('/')}$`) });
  }

  /** The methods that a path takes, for `Allow`; none where there is no such path. */
  methodsOf(path: string): string[] {
    const methods = this.#routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].toSorted();
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
