import { withNodes } from './harness/nodes.js';

// Whether encrypted data opens as long as WeChat's rules let it: devices of the same people log in and post data, all at
// once, on two nodes. `npm run build && npm run bench:session-keys`, with `-- 20000` for as many operations

const operations = Number(process.argv[2] ?? 10_000);
const people = 40;
const devicesEach = 3;
/** Keys that a node keeps beside the newest: data under an older one no longer has to open. */
const olderKeys = 2;

/** A person, and how often their session_key has changed. */
class Person {
  changes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly name: string) {}

  /** One thing at a time: WeChat makes a new key at wx.login, and the service learns it with the code. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

const outcome = { logins: 0, opened: 0, stale: 0, falseFailures: [] as string[] };

await withNodes(2, async ({ nodes, phone }) => {
  const isDone = () => outcome.logins + outcome.opened + outcome.stale >= operations;

  async function device(person: Person, number: number): Promise<void> {
    const node = nodes[number % nodes.length]!;
    while (!isDone()) {
      const { data, change, accessToken } = await person.inTurn(async () => {
        const { code } = await phone('login', person.name);
        person.changes += 1;
        const login = await node.login(code!);
        if (login.status !== 200) throw new Error(`A login failed: ${JSON.stringify(login.body)}`);
        outcome.logins += 1;
        return {
          accessToken: login.body.accessToken as string,
          data: await phone('getUserInfo', person.name),
          change: person.changes,
        };
      });
      const answer = await node.ask('POST', '/me/open-data', {
        accessToken,
        body: {
          encryptedData: data['encryptedData'],
          iv: data['iv'],
          rawData: data['rawData'],
          signature: data['signature'],
        },
      });
      if (answer.status === 200) outcome.opened += 1;
      else if (person.changes - change > olderKeys) outcome.stale += 1;
      else outcome.falseFailures.push(`${person.name}: ${answer.status} ${answer.body?.code}`);
    }
  }

  await Promise.all(
    Array.from({ length: people }, (_, index) => new Person(`person-${index}`)).flatMap((person) =>
      Array.from({ length: devicesEach }, (_, number) => device(person, number)),
    ),
  );
});
console.log(
  `${outcome.logins} logins, ${outcome.opened} times opened, ${outcome.stale} times three keys too late, ${outcome.falseFailures.length} false failures`,
);
if (outcome.falseFailures.length > 0) {
  console.log(outcome.falseFailures.slice(0, 5).join('\n'));
  process.exitCode = 1;
}
