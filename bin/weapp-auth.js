#!/usr/bin/env node
import '../dist/commands/weapp-auth.js';
