import { findFreePort } from '../../dev/ports.js';
import { Node } from './nodes.js';
import { ServerProcess, type ServerProgram } from './server-process.js';

/** A node that can be killed and started again: it keeps its address. Each start has a log of its own. */
export class RestartableNode extends Node {
  #server: ServerProcess | undefined;
  #starts = 0;

  private constructor(
    readonly name: string,
    private readonly program: ServerProgram & { port: number },
  ) {
    super(`http://127.0.0.1:${program.port}`);
  }

  /** Resolves once it is ready. */
  static async start(name: string, program: Omit<ServerProgram, 'port'>): Promise<RestartableNode> {
    const node = new RestartableNode(name, { ...program, port: await findFreePort() });
    await node.restart();
    return node;
  }

  /** Starts it, or starts it again after `stop`. Resolves once it is ready. */
  async restart(): Promise<void> {
    this.#starts += 1;
    const logFile = `${this.program.logFile}.${this.#starts}`;
    this.#server = await ServerProcess.start({ ...this.program, logFile });
  }

  /** Whether it says that it can do its work; false if it gives no answer. */
  async isReady(): Promise<boolean> {
    const { status } = await this.ask('GET', '/health/ready').catch(() => ({ status: 0 }));
    return status === 200;
  }

  /** @param signal SIGKILL: at once, whatever it is doing */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop(signal);
  }

  /** The memory that it has now, in MiB; undefined if it does not run, or this system does not say. */
  get residentMiB(): number | undefined {
    return this.#server?.residentMiB;
  }
}
