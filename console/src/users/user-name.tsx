import { Avatar } from 'antd';
import { imageUrl } from '../api/service.js';
import { useMessages } from '../i18n/messages.js';
import { usersMessages } from './users.messages.js';

interface UserNameProps {
  user: { nickname: string | null; avatarUrl: string | null };
  size?: number;
}

/** The avatar and the nickname of a user. */
export function UserName({ user: { nickname, avatarUrl }, size = 32 }: UserNameProps) {
  const texts = useMessages(usersMessages);
  return (
    <span className="user-name">
      <Avatar
        size={size}
        src={avatarUrl === null ? undefined : <img src={imageUrl(avatarUrl)} alt="" />}
        aria-hidden
      >
        {nickname === null ? '?' : Array.from(nickname)[0]}
      </Avatar>
      {nickname === null ? <em className="secondary">{texts.noNickname}</em> : <span>{nickname}</span>}
    </span>
  );
}
