import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { session } from './sign-in/session.js';
import { themeClass } from './theme/theme.js';

addEventListener('pagehide', () => session.store());
addEventListener('pageshow', ({ persisted }) => persisted && session.resume());
document.body.className = themeClass;
createRoot(document.getElementById('console')!).render(<App />);
await session.restore();
