import { Button, Text, View } from '@tarojs/components';
import { useLoad } from '@tarojs/taro';
import { useState } from 'react';
import type { PhoneEvent, User } from 'weapp-auth-client';
import { auth } from '../../auth';

export default function Index() {
  const [user, setUser] = useState<User | null>(auth.user);
  useLoad(async () => {
    const { data } = await auth.request<User>({ url: '/me', timeout: 5000 });
    setUser(data);
  });
  const storePhone = async (event: PhoneEvent) => {
    const result = await auth.getPhoneNumber(event);
    if (result.outcome === 'stored') setUser(result.user);
  };
  const upload = async (filePath: string) => {
    await auth.upload({ url: '/me/avatar', filePath, name: 'file' });
    setUser(auth.user);
  };
  return (
    <View>
      <Text>{user && user.nickname}</Text>
      <Button openType="getPhoneNumber" onGetPhoneNumber={storePhone} />
      <Button openType="chooseAvatar" onChooseAvatar={({ detail }) => upload(detail.avatarUrl)} />
    </View>
  );
}
