import { Module } from '@nestjs/common';
import { Audit } from './audit.js';

/** The books: what happened, and how often. */
@Module({ providers: [Audit], exports: [Audit] })
export class AuditModule {}
