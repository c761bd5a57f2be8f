"""Words of the page where an owner looks after our own staff's accounts."""

SAID = {
    "added": "已添加账号。给对方一个登录链接，登录后即可设置密码。",
    "changed": "已保存。新的权限从下一次操作起生效。",
    "disabled": "已停用，对方不能再登录，也不能再办理任何事项。",
    "enabled": "已重新启用。",
}
STALE = "这个账号刚被别人改过，下面是现在的情况；你填写的内容还在，请核对后再保存。"
