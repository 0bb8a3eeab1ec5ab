import uni from '@dcloudio/vite-plugin-uni';
import { defineConfig } from 'vite';

// The plug-in is CommonJS.
const plugin = (uni as unknown as { default?: typeof uni }).default ?? uni;

export default defineConfig({ plugins: [plugin()] });
