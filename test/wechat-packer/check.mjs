import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ci from 'miniprogram-ci';

// `npm run check:wechat`: WeChat's own packer and compiler over the client and the demo, offline. Not among the ordinary
// tests, since the packer is 700 packages.

const project = join(import.meta.dirname, '../..');
const client = join(project, 'client');

/** What the packer would ask WeChat about the appid. */
const attributes = {
  platform: false,
  appType: 0,
  isSandbox: false,
  released: false,
  setting: {
    MaxCodeSize: 2,
    MaxSubpackageSubCodeSize: 2,
    MaxSubpackageFullCodeSize: 30,
    NavigateMiniprogramLimit: 10,
    MaxSubPackageLimit: 100,
    MinTabbarCount: 2,
    MaxTabbarCount: 5,
    MaxTabbarIconSize: 40,
  },
};

const directory = await mkdtemp(join(tmpdir(), 'wechat-packer-'));
try {
  const demo = join(directory, 'demo');
  await cp(join(project, 'miniprogram'), demo, {
    recursive: true,
    filter: (path) => !path.includes('miniprogram_npm'),
  });
  // As `npm install` would lay it there.
  const installed = join(demo, 'node_modules/weapp-auth-client');
  await mkdir(installed, { recursive: true });
  for (const part of ['package.json', 'dist', 'miniprogram_dist']) {
    await cp(join(client, part), join(installed, part), { recursive: true });
  }

  const packed = await ci.packNpmManually({
    packageJsonPath: join(demo, 'package.json'),
    miniprogramNpmDistDir: demo,
  });
  console.log(`Packed: ${packed.miniProgramPackNum} of mini-programs, ${packed.otherNpmPackNum} others.`);
  if (packed.warnList.length > 0) throw new Error(JSON.stringify(packed.warnList, null, 2));
  if (packed.miniProgramPackNum !== 1) {
    throw new Error('The client was not taken for a package of mini-programs.');
  }
  await rm(join(demo, 'node_modules'), { recursive: true });

  const compiled = new ci.Project({
    appid: 'wx0000000000000000',
    type: 'miniProgram',
    projectPath: demo,
    privateKey: 'none: nothing is uploaded',
    ignores: [],
  });
  compiled.attr = async () => attributes;
  await ci.getCompiledResult(
    { project: compiled, desc: '', version: '0', setting: { es6: true } },
    join(directory, 'demo.zip'),
  );
  console.log('Compiled: the demo.');
} finally {
  await rm(directory, { recursive: true, force: true });
}
// The packer keeps workers alive.
process.exit();
