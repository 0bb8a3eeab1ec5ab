import { IsOptional, Length, Matches } from 'class-validator';

/** The query with which WeChat proves that a request is its own. Names are WeChat's. */
class SignedQuery {
  /** Seconds since 1970. */
  @Matches(/^\d{1,12}$/, { message: 'timestamp must be whole seconds since 1970' })
  timestamp: string;

  @Length(1, 128)
  nonce: string;
}

/** The query of the console's check of the URL. */
export class CheckUrlRequest extends SignedQuery {
  /** SHA-1 of token, timestamp and nonce, in hex. */
  @Length(1, 128)
  signature: string;

  /** What to answer. */
  @Matches(/^[\x20-\x7e]{1,512}$/, { message: 'echostr must be 1 to 512 characters of ASCII' })
  echostr: string;
}

/** The query of a message push. */
export class ReceivePushRequest extends SignedQuery {
  /** SHA-1 of token, timestamp and nonce, in hex. */
  @IsOptional()
  @Length(1, 128)
  signature?: string;

  /** SHA-1 of the same and the encrypted message, in hex, if the message is encrypted. */
  @IsOptional()
  @Length(1, 128)
  msg_signature?: string;

  // WeChat sends two more. They are not used, but an application may refuse names that a class does not have.

  /** `aes` if the message is encrypted. The body says so, too. */
  @IsOptional()
  encrypt_type?: string;

  /** The sender of the message. Nothing proves it. */
  @IsOptional()
  openid?: string;
}
