"""Which chats a bot may write to, and the refusal it gets otherwise."""

from bot.simulator.state import BotAccount, Chat
from bot.simulator.wire import ApiError, Params, bad_request
from bot.simulator.world import World


def open_chat(world: World, bot: BotAccount, params: Params, cost: int = 1) -> Chat:
    """The chat a bot may write to; the refusals and the rate limit of the real server otherwise."""
    chat = known_chat(world, bot, params)
    if chat.user is not None:
        _check_person(chat)
    elif chat.migrated_to is not None:
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, words, migrate_to_chat_id=chat.migrated_to)
    elif bot in chat.kicked:
        raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
    elif bot not in chat.bots:
        raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat")
    if world.limiter and cost:
        world.limiter.spend(bot.user.id, chat, cost)
    return chat


def known_chat(world: World, bot: BotAccount, params: Params) -> Chat:
    """The chat that `chat_id` names, whether or not the bot may write to it."""
    if not params.text("chat_id"):
        raise bad_request("chat_id is empty")
    chat_id = params.integer("chat_id")
    if group := world.groups.get(chat_id):
        return group
    if any(chat_id == other.user.id for other in world.bots.values()):
        raise ApiError(403, "Forbidden: bot can't send messages to bots")
    if chat_id not in world.users:
        raise bad_request("chat not found")
    return bot.chat_with(world.users[chat_id])


def _check_person(chat: Chat) -> None:
    if chat.user and chat.user.deactivated:
        raise ApiError(403, "Forbidden: user is deactivated")
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if not chat.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
