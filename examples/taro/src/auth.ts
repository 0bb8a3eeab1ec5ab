import Taro from '@tarojs/taro';
import { createAuth } from 'weapp-auth-client';

export const auth = createAuth({ baseUrl: 'https://login.example.com', wx: Taro });
