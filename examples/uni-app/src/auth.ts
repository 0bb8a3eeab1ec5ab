import { createAuth } from 'weapp-auth-client';

export const auth = createAuth({ baseUrl: 'https://login.example.com', wx: uni });
