import { Global, Module } from '@nestjs/common';
import { JobRunner } from './job-runner.js';

/** Runs what has to be done again and again, by one node at a time. */
@Global()
@Module({ providers: [JobRunner], exports: [JobRunner] })
export class JobsModule {}
